import { Matrix } from "./matrix.js";
import { fibonacci, primes } from "./numbers.js";
import * as text from "./text.js";

const m = Matrix.identity(3).times(2);
console.log(text.title("a bundle of several files"));
console.log(m.rows.map((row) => row.join(" ")).join("\n"));
console.log(text.list([...fibonacci(10)]));
console.log(text.list([...primes(30)]));
