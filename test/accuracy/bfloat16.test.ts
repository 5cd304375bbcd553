import { suiteOfNormalizations } from "./normalizations.js";

suiteOfNormalizations("bfloat16");
