fun main() {
    val pattern = Regex("""^(\d{4}-\d{2}-\d{2}) ([A-Z]+) (.+) id=(\d+)$""", RegexOption.MULTILINE)
    val levels = pattern.findAll(generateSequence(::readLine).joinToString("\n")).map { match ->
        val (date, level, text, id) = match.destructured
        println("$id $level $date [$text]")
        level
    }.toList()
    println("errors ${levels.count { it == "ERROR" }}")
}
