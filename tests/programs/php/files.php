<?php
function files(string $root): array
{
    $found = [];
    $tree = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS));
    foreach ($tree as $file) {
        $found[substr($file->getPathname(), strlen($root) + 1)] = $file->getSize();
    }
    ksort($found);
    return $found;
}

foreach (["a.txt" => "hello", "b/c.txt" => "hello world", "b/d.txt" => ""] as $name => $text) {
    is_dir(dirname("tree/$name")) || mkdir(dirname("tree/$name"), 0777, true);
    file_put_contents("tree/$name", $text);
}
foreach (files("tree") as $name => $size) {
    echo "$name $size\n";
}
echo "total ", array_sum(files("tree")), "\n";
rename("tree/b/c.txt", "tree/moved.txt");
echo "renamed ", file_get_contents("tree/moved.txt"), "\n";
unlink("tree/b/d.txt");
echo "left ", count(files("tree")), "\n";
