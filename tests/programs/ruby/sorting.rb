words = $stdin.read.split
puts words.sort_by { |w| [-w.size, w] }
lengths = words.map(&:size).sort
middle = lengths.size / 2
puts format("median %.1f", lengths.size.odd? ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2.0)
