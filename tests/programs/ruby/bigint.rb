factorial = (1..60).inject(:*)
puts factorial, factorial.digits.sum, 2**200
fibonacci = Enumerator.new do |y|
  a, b = 0, 1
  loop do
    y << a
    a, b = b, a + b
  end
end
puts fibonacci.lazy.drop(300).first
