using System.Text;
using System.Text.Json;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Engine.Tests.Delivery.Fql;
using Xunit;

namespace Tributary.Engine.Tests.Delivery.Mapping;

/// <summary>Mappings make what Segment's own package makes.</summary>
public sealed class MappingVectorTests
{
    [Fact]
    public void Every_recorded_mapping_makes_what_it_made_at_Segment()
    {
        var vectors = Vectors.Read("mapping-kit");
        var inputs = vectors.GetProperty("inputs").EnumerateArray().ToArray();
        var wrong = new List<string>();
        foreach (var item in vectors.GetProperty("cases").EnumerateArray())
        {
            var input = EventDocument.Read(Encoding.UTF8.GetBytes(inputs[item.GetProperty("input").GetInt32()].GetRawText()))!;
            var (mapping, faults) = CompiledMapping.Compile(Encoding.UTF8.GetBytes(item.GetProperty("mapping").GetRawText()));
            var isBatch = item.TryGetProperty("batch", out var batch) && batch.GetBoolean();
            var outcome = mapping is null ? new MappingOutcome(default, string.Join(' ', faults)) : isBatch ? mapping.ApplyBatch(input) : mapping.Apply(input);
            var isRight = item.TryGetProperty("error", out _) ? outcome.Fault is not null
                : item.TryGetProperty("output", out var output) ? !outcome.Output.IsEmpty && Vectors.AreSame(JsonDocument.Parse(outcome.Output).RootElement, output)
                : outcome.IsUndefined;
            if (!isRight) wrong.Add($"{item} with {input.Json.Length} but {outcome} {Encoding.UTF8.GetString(outcome.Output.Span)}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n{string.Join('\n', wrong.Take(8))}");
    }
}
