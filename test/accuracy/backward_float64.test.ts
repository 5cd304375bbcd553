import { suiteOfGradients } from "./backward.js";

suiteOfGradients("float64");
