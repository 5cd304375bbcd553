import { suiteOfNormalizations } from "./normalizations.js";

suiteOfNormalizations("float64");
