export function sum(list) {
	return list.reduce((a, b) => a + b, 0);
}

export function* fibonacci(n) {
	let [a, b] = [0, 1];
	for (let i = 0; i < n; i++) {
		yield a;
		[a, b] = [b, a + b];
	}
}

export function* primes(limit) {
	for (let n = 2; n < limit; n++) {
		let prime = true;
		for (let d = 2; d * d <= n; d++) {
			if (n % d === 0) prime = false;
		}
		if (prime) yield n;
	}
}
