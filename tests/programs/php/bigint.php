<?php
/** Natural numbers of any size: limbs of nine digits, the lowest first. */
final class Natural
{
    private const BASE = 1_000_000_000;

    private function __construct(private array $limbs) {}

    public static function of(int $small): self
    {
        return new self([$small]);
    }

    public function times(int $factor): self
    {
        $carry = 0;
        $limbs = [];
        foreach ($this->limbs as $limb) {
            $carry += $limb * $factor;
            $limbs[] = $carry % self::BASE;
            $carry = intdiv($carry, self::BASE);
        }
        return new self($carry ? [...$limbs, $carry] : $limbs);
    }

    public function plus(self $other): self
    {
        $carry = 0;
        $limbs = [];
        for ($i = 0; $i < max(count($this->limbs), count($other->limbs)) || $carry; $i++) {
            $carry += ($this->limbs[$i] ?? 0) + ($other->limbs[$i] ?? 0);
            $limbs[] = $carry % self::BASE;
            $carry = intdiv($carry, self::BASE);
        }
        return new self($limbs);
    }

    public function __toString(): string
    {
        $text = "";
        foreach ($this->limbs as $limb) {
            $text = sprintf("%09d", $limb) . $text;
        }
        return ltrim($text, "0") ?: "0";
    }
}

$factorial = array_reduce(range(1, 60), fn(Natural $n, int $i) => $n->times($i), Natural::of(1));
echo $factorial, "\n", array_sum(str_split((string) $factorial)), "\n";
echo array_reduce(range(1, 200), fn(Natural $n, int $i) => $n->times(2), Natural::of(1)), "\n";
[$a, $b] = [Natural::of(0), Natural::of(1)];
for ($i = 0; $i < 300; $i++) {
    [$a, $b] = [$b, $a->plus($b)];
}
echo $a, "\n";
