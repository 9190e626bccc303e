import functools


def ackermann(m, n):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1 if n == 0 else ackermann(m, n - 1))


def hanoi(n):
    return 0 if n == 0 else 2 * hanoi(n - 1) + 1


def queens(n, row=0, columns=(), down=(), up=()):
    if row == n:
        return 1
    return sum(
        queens(n, row + 1, columns + (c,), down + (row - c,), up + (row + c,))
        for c in range(n)
        if c not in columns and row - c not in down and row + c not in up
    )


def permutations(items):
    if not items:
        yield []
    for i, item in enumerate(items):
        for rest in permutations(items[:i] + items[i + 1 :]):
            yield [item, *rest]


@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


print(ackermann(2, 3), hanoi(10), queens(8), len(list(permutations("abcd"))), fibonacci(20), sep="\n")
