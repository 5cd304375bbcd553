import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "build/", "assembly/", "src/engine/*.generated.ts"] },
  ...tseslint.configs.strict,
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      eqeqeq: ["error", "always"],
    },
  },
);
