import { suiteOfGradients } from "./backward.js";

suiteOfGradients("bfloat16");
