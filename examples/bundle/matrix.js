import { sum } from "./numbers.js";

export class Matrix {
	constructor(rows) {
		this.rows = rows;
	}

	static identity(n) {
		const index = Array.from({ length: n }, (_, i) => i);
		return new Matrix(index.map((i) => index.map((j) => (i === j ? 1 : 0))));
	}

	times(factor) {
		return new Matrix(this.rows.map((row) => row.map((x) => x * factor)));
	}

	trace() {
		return sum(this.rows.map((row, i) => row[i]));
	}
}
