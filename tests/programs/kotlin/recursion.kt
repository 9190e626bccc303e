tailrec fun ackermann(m: Int, n: Int): Int = if (m == 0) n + 1 else ackermann(m - 1, if (n == 0) 1 else step(m, n))

fun step(m: Int, n: Int) = ackermann(m, n - 1)

fun hanoi(n: Int): Int = if (n == 0) 0 else 2 * hanoi(n - 1) + 1

fun queens(n: Int, taken: List<Int> = emptyList()): Int {
    if (taken.size == n) return 1
    return (0 until n).filter { c -> taken.withIndex().none { (r, d) -> d == c || Math.abs(d - c) == taken.size - r } }
        .sumOf { queens(n, taken + it) }
}

fun <T> permutations(items: List<T>): List<List<T>> =
    if (items.isEmpty()) listOf(emptyList())
    else items.flatMap { item -> permutations(items - item).map { listOf(item) + it } }

val known = mutableMapOf<Int, Int>()

fun fibonacci(n: Int): Int = if (n < 2) n else known[n] ?: (fibonacci(n - 1) + fibonacci(n - 2)).also { known[n] = it }

fun main() {
    listOf(ackermann(2, 3), hanoi(10), queens(8), permutations("abcd".toList()).size, fibonacci(20)).forEach(::println)
}
