<?php
// PHP has no threads, but fibers: four of them take turns.
$worker = function (int $part): int {
    $sum = 0;
    for ($i = 1; $i <= 4000; $i++) {
        if ($i % 4 === $part) {
            $sum += $i * $i;
        }
        if ($i % 100 === 0) {
            Fiber::suspend($part);
        }
    }
    return $sum;
};
$fibers = array_map(fn() => new Fiber($worker), range(0, 3));
$turns = [];
foreach ($fibers as $part => $fiber) {
    $turns[] = $fiber->start($part);
}
while (array_filter($fibers, fn(Fiber $f) => !$f->isTerminated())) {
    foreach ($fibers as $fiber) {
        if (!$fiber->isTerminated()) {
            $turns[] = $fiber->resume();
        }
    }
}
assert(array_slice($turns, 0, 8) === [0, 1, 2, 3, 0, 1, 2, 3]);
$sums = array_map(fn(Fiber $f) => $f->getReturn(), $fibers);
echo "sum ", array_sum($sums), "\n";
echo "largest ", array_search(max($sums), $sums), " ", max($sums), "\n";
