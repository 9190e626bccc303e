<?php
function ackermann(int $m, int $n): int
{
    return $m === 0 ? $n + 1 : ackermann($m - 1, $n === 0 ? 1 : ackermann($m, $n - 1));
}

function hanoi(int $n): int
{
    return $n === 0 ? 0 : 2 * hanoi($n - 1) + 1;
}

function queens(int $n, array $taken = []): int
{
    $row = count($taken);
    $count = $row === $n ? 1 : 0;
    for ($c = 0; $row < $n && $c < $n; $c++) {
        $free = true;
        foreach ($taken as $r => $d) {
            $free = $free && $d !== $c && abs($d - $c) !== $row - $r;
        }
        $count += $free ? queens($n, [...$taken, $c]) : 0;
    }
    return $count;
}

function permutations(array $items): Generator
{
    if (!$items) {
        yield [];
    }
    foreach ($items as $i => $item) {
        foreach (permutations(array_diff_key($items, [$i => 0])) as $rest) {
            yield [$item, ...$rest];
        }
    }
}

function fibonacci(int $n): int
{
    static $known = [];
    return $known[$n] ??= $n < 2 ? $n : fibonacci($n - 1) + fibonacci($n - 2);
}

echo ackermann(2, 3), "\n", hanoi(10), "\n", queens(8), "\n";
echo iterator_count(permutations(str_split("abcd"))), "\n", fibonacci(20), "\n";
