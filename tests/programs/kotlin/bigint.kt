import java.math.BigInteger

fun main() {
    val factorial = (1..60).fold(BigInteger.ONE) { product, i -> product * i.toBigInteger() }
    println(factorial)
    println(factorial.toString().sumOf { it.digitToInt() })
    println(2.toBigInteger().pow(200))
    val fibonacci = generateSequence(BigInteger.ZERO to BigInteger.ONE) { (a, b) -> b to a + b }
    println(fibonacci.elementAt(300).first)
}
