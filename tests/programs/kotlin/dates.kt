import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.temporal.ChronoUnit
import java.util.Locale

fun main() {
    val dates = generateSequence(::readLine).map(LocalDate::parse).toList()
    val weekday = DateTimeFormatter.ofPattern("EEE", Locale.ENGLISH)
    dates.forEach { println("$it ${it.format(weekday)} ${it.plusDays(45)}") }
    println("days ${ChronoUnit.DAYS.between(dates.min(), dates.max())}")
}
