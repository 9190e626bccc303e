import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;

class Main {
	static long work(int part) {
		return LongStream.rangeClosed(1, 4000).filter(i -> i % 4 == part).map(i -> i * i).sum();
	}

	public static void main(String[] args) throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(4);
		List<Callable<Long>> jobs = IntStream.range(0, 4).<Callable<Long>>mapToObj(part -> () -> work(part)).toList();
		List<Long> sums = new ArrayList<>();
		for (Future<Long> future : pool.invokeAll(jobs))
			sums.add(future.get());
		pool.shutdown();
		System.out.println("sum " + sums.stream().mapToLong(Long::longValue).sum());
		long best = Collections.max(sums);
		System.out.println("largest " + sums.indexOf(best) + " " + best);
	}
}
