import { suiteOfGradients } from "./backward.js";

suiteOfGradients("float32");
