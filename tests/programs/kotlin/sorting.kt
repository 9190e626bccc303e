fun List<Int>.median(): Double {
    val sorted = sorted()
    val middle = size / 2
    return if (size % 2 == 1) sorted[middle].toDouble() else (sorted[middle - 1] + sorted[middle]) / 2.0
}

fun main() {
    val words = generateSequence(::readLine).flatMap { it.split(' ') }.toList()
    words.sortedWith(compareByDescending<String> { it.length }.thenBy { it }).forEach(::println)
    println("median ${words.map { it.length }.median()}")
}
