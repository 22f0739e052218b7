using Xunit;

[assembly: AssemblyFixture(typeof(Tributary.Console.Tests.Kit.Browser))]
