using Xunit;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Tributary.Console.Tests.Kit.Browser))]

// Tests of pages wait for a browser, a clock or a disk more than they compute: one more than CI has cores keeps these busy.
[assembly: Parallelization(MaxThreads = 3)]
