import { suiteOfNormalizations } from "./normalizations.js";

suiteOfNormalizations("float16");
