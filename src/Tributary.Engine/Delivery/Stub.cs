using Tributary.Engine.Workspace;
namespace Tributary.Engine.Delivery;
internal sealed class CompiledFilters { public bool IsEmpty => true; public static CompiledFilters Compile(IEnumerable<DestinationFilter> f) => new(); public bool Apply(ref ReadOnlyMemory<byte> m) => true; public static IEnumerable<WorkspaceFault> Check(DestinationFilter f) => []; }
internal sealed class FilterExpression { public static (FilterExpression? Expression, string? Fault) Compile(string s) => (new(), null); public bool Matches(ReadOnlyMemory<byte> m) => true; }
