/** Reads JSON with a parser of its own. */
class Parser(private val text: String) {
    private var at = 0

    private fun peek(): Char {
        while (text[at].isWhitespace()) at++
        return text[at]
    }

    private fun take(c: Char) = (peek() == c).also { if (it) at++ }

    fun value(): Any = when (peek()) {
        '{' -> buildMap {
            take('{')
            while (!take('}')) {
                peek()
                val key = string()
                take(':')
                put(key, value())
                take(',')
            }
        }
        '[' -> buildList {
            take('[')
            while (!take(']')) {
                add(value())
                take(',')
            }
        }
        '"' -> string()
        else -> text.substring(at).takeWhile { it == '-' || it.isDigit() }.also { at += it.length }.toInt()
    }

    private fun string() = buildString {
        at++
        while (text[at] != '"') {
            if (text[at] == '\\' && text[++at] == 'u') {
                append(text.substring(at + 1, at + 5).toInt(16).toChar())
                at += 5
            } else {
                append(text[at++])
            }
        }
        at++
    }
}

data class Person(val name: String, val born: Int, val tags: Int)

fun main() {
    val list = Parser(generateSequence(::readLine).joinToString("\n")).value() as List<*>
    val people = list.map { it as Map<*, *> }.map { Person(it["name"] as String, it["born"] as Int, (it["tags"] as List<*>).size) }
    for ((name, born, tags) in people.sortedBy { it.born }) println("$name $born $tags")
    println("""{"count":${people.size},"tags":${people.sumOf { it.tags }},"born":${people.sumOf { it.born }}}""")
}
