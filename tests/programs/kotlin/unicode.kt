import java.io.PrintStream

fun main() {
    val text = System.`in`.readBytes().decodeToString().trimEnd('\n')
    val points = text.codePoints().toArray()
    with(PrintStream(System.out, true, "UTF-8")) {
        println("${points.size} ${text.encodeToByteArray().size}")
        println(points.reversed().joinToString("") { String(Character.toChars(it)) })
        println(points.filter { it > 127 }.joinToString(" ") { it.toString(16) })
    }
}
