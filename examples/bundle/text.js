const words = new Set(["a", "of", "the"]);

export function title(line) {
	return line
		.split(" ")
		.map((word) => (words.has(word) ? word : word[0].toUpperCase() + word.slice(1)))
		.join(" ");
}

export const list = (items) => items.join(", ");
