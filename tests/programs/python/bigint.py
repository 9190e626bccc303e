import math

factorial = math.factorial(60)
print(factorial)
print(sum(int(digit) for digit in str(factorial)))
print(2**200)
a, b = 0, 1
for _ in range(300):
    a, b = b, a + b
print(a)
