import java.util.concurrent.ConcurrentHashMap
import kotlin.concurrent.thread

fun main() {
    val sums = ConcurrentHashMap<Int, Long>()
    val threads = List(4) { part ->
        thread { sums[part] = (1L..4000L).filter { it % 4 == part.toLong() }.sumOf { it * it } }
    }
    threads.forEach { it.join() }
    println("sum ${sums.values.sum()}")
    val (part, sum) = sums.maxByOrNull { it.value }!!
    println("largest $part $sum")
}
