import java.util.*;

class Main {
	static int ackermann(int m, int n) {
		return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
	}

	static int hanoi(int n) {
		return n == 0 ? 0 : 2 * hanoi(n - 1) + 1;
	}

	static int queens(int n, int row, int columns, int down, int up) {
		int count = row == n ? 1 : 0;
		for (int free = (1 << n) - 1 & ~(columns | down | up); row < n && free != 0; free &= free - 1) {
			int c = free & -free;
			count += queens(n, row + 1, columns | c, (down | c) << 1, (up | c) >> 1);
		}
		return count;
	}

	static <T> List<List<T>> permutations(List<T> items) {
		if (items.isEmpty())
			return List.of(List.of());
		List<List<T>> all = new ArrayList<>();
		for (T item : items) {
			List<T> others = new ArrayList<>(items);
			others.remove(item);
			for (List<T> rest : permutations(others)) {
				List<T> one = new LinkedList<>(rest);
				one.add(0, item);
				all.add(one);
			}
		}
		return all;
	}

	static final Map<Integer, Integer> KNOWN = new HashMap<>();

	static int fibonacci(int n) {
		if (n < 2)
			return n;
		if (!KNOWN.containsKey(n))
			KNOWN.put(n, fibonacci(n - 1) + fibonacci(n - 2));
		return KNOWN.get(n);
	}

	public static void main(String[] args) {
		System.out.println(ackermann(2, 3));
		System.out.println(hanoi(10));
		System.out.println(queens(8, 0, 0, 0, 0));
		System.out.println(permutations(List.of('a', 'b', 'c', 'd')).size());
		System.out.println(fibonacci(20));
	}
}
