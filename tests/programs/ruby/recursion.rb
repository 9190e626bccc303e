def ackermann(m, n) = m.zero? ? n + 1 : ackermann(m - 1, n.zero? ? 1 : ackermann(m, n - 1))
def hanoi(n) = n.zero? ? 0 : 2 * hanoi(n - 1) + 1

def queens(n, row = 0, taken = [])
  return 1 if row == n

  (0...n).sum do |c|
    free = taken.each_with_index.none? { |d, r| d == c || (d - c).abs == row - r }
    free ? queens(n, row + 1, taken + [c]) : 0
  end
end

def permutations(items)
  return [[]] if items.empty?

  items.flat_map { |item| permutations(items - [item]).map { |rest| [item, *rest] } }
end

fibonacci = Hash.new { |known, n| known[n] = n < 2 ? n : known[n - 1] + known[n - 2] }
puts ackermann(2, 3), hanoi(10), queens(8), permutations("abcd".chars).size, fibonacci[20]
