import queue
import threading

results = queue.Queue()


def work(part):
    results.put((part, sum(i * i for i in range(1, 4001) if i % 4 == part)))


threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sums = dict(results.get() for _ in threads)
print("sum", sum(sums.values()))
best = max(sums, key=sums.get)
print("largest", best, sums[best])
