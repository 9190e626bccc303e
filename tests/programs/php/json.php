<?php
declare(strict_types=1);

$people = json_decode(stream_get_contents(STDIN), true, 16, JSON_THROW_ON_ERROR);
$total = ["count" => count($people), "tags" => 0, "born" => 0];
usort($people, fn(array $a, array $b): int => $a["born"] <=> $b["born"]);
foreach ($people as ["name" => $name, "born" => $born, "tags" => $tags]) {
    echo "$name $born ", count($tags), "\n";
    $total["tags"] += count($tags);
    $total["born"] += $born;
}
echo json_encode($total), "\n";
