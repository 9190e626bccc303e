import java.io.File

fun files(root: File) = root.walk().filter { it.isFile }.sortedBy { it.path }.toList()

fun main() {
    val root = File("tree")
    for ((name, text) in mapOf("a.txt" to "hello", "b/c.txt" to "hello world", "b/d.txt" to "")) {
        root.resolve(name).apply { parentFile.mkdirs() }.writeText(text)
    }
    for (file in files(root)) println("${file.relativeTo(root)} ${file.length()}")
    println("total ${files(root).sumOf { it.length() }}")
    val moved = root.resolve("moved.txt")
    check(root.resolve("b/c.txt").renameTo(moved))
    println("renamed ${moved.readText()}")
    check(root.resolve("b/d.txt").delete())
    println("left ${files(root).size}")
}
