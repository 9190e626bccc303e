fun main() {
    val counts = sortedMapOf<String, Int>()
    generateSequence(::readLine)
        .map { it.split(' ').let { (key, value) -> key to value.toInt() } }
        .onEach { (key, value) -> counts.merge(key, value, Int::plus) }
        .runningFold(0) { sum, (_, value) -> sum + value }
        .forEachIndexed { i, sum -> if (i > 0 && i % 20 == 0) println("$i $sum") }
    counts.forEach { (key, value) -> println("$key $value") }
}
