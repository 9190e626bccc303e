import java.math.BigInteger;
import java.util.stream.*;

class Main {
	public static void main(String[] args) {
		BigInteger factorial = IntStream.rangeClosed(1, 60).mapToObj(BigInteger::valueOf).reduce(BigInteger.ONE, BigInteger::multiply);
		System.out.println(factorial);
		System.out.println(factorial.toString().chars().map(Character::getNumericValue).sum());
		System.out.println(BigInteger.TWO.pow(200));
		BigInteger a = BigInteger.ZERO, b = BigInteger.ONE;
		for (int i = 0; i < 300; i++) {
			BigInteger next = a.add(b);
			a = b;
			b = next;
		}
		System.out.println(a);
	}
}
