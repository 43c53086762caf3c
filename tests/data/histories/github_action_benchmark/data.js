window.BENCHMARK_DATA = {
  "lastUpdate": 1700000400000,
  "repoUrl": "https://github.example/team/shop",
  "entries": {
    "Benchmark": [
      {
        "commit": {"id": "1111111111111111111111111111111111111111", "message": "Faster", "timestamp": "2023-11-14T22:00:00Z", "url": "https://github.example/team/shop/commit/1111111111111111111111111111111111111111"},
        "date": 1700000000000,
        "tool": "go",
        "benches": [
          {"name": "BenchmarkParse", "value": 1250, "unit": "ns/op\t      48 B/op\t       3 allocs/op", "extra": "960000 times\n4 procs"},
          {"name": "BenchmarkCopy", "value": 500, "unit": "ns/op\t  2048.00 MB/s", "extra": "2400000 times\n4 procs"}
        ]
      },
      {
        "commit": {"id": "2222222222222222222222222222222222222222", "timestamp": "2023-11-14T23:00:00+01:00", "url": "https://github.example/team/shop/commit/2222222222222222222222222222222222222222"},
        "date": 1700000100000,
        "tool": "go",
        "benches": [
          {"name": "BenchmarkParse", "value": 1300, "unit": "ns/op\t      48 B/op\t       3 allocs/op", "extra": "960000 times\n4 procs"},
          {"name": "BenchmarkParse - ns/op", "value": 1300, "unit": "ns/op", "extra": "960000 times\n4 procs"},
          {"name": "BenchmarkParse - B/op", "value": 48, "unit": "B/op", "extra": "960000 times\n4 procs"},
          {"name": "BenchmarkParse - allocs/op", "value": 3, "unit": "allocs/op", "extra": "960000 times\n4 procs"}
        ]
      },
      {
        "commit": {"id": "3333333333333333333333333333333333333333", "timestamp": "2023-11-15T00:00:00Z", "url": "https://github.example/team/shop/pull/17/commits/3333333333333333333333333333333333333333"},
        "date": 1700000200000,
        "tool": "go",
        "benches": [
          {"name": "BenchmarkParse", "value": 900, "unit": "ns/op", "extra": "960000 times\n4 procs"}
        ]
      }
    ],
    "Python": [
      {
        "commit": {"id": "1111111111111111111111111111111111111111", "timestamp": "2023-11-14T22:00:00Z", "url": ""},
        "date": 1700000001000,
        "tool": "pytest",
        "benches": [
          {"name": "bench.py::test_sort", "value": 200, "unit": "iter/sec", "range": "stddev: 0.0005", "extra": "mean: 5 msec\nrounds: 25"}
        ]
      }
    ],
    "Sizes": [
      {
        "commit": {"id": "1111111111111111111111111111111111111111", "timestamp": "2023-11-14T22:00:00Z", "url": ""},
        "date": 1700000002000,
        "tool": "customSmallerIsBetter",
        "benches": [
          {"name": "app.js", "value": "162.5", "unit": "kB"},
          {"name": "app.js", "value": 170, "unit": "kB"},
          {"name": "score", "value": 12, "unit": "points", "range": "± 5%"},
          {"name": "gone", "value": "null", "unit": "ms"}
        ]
      }
    ]
  }
}
