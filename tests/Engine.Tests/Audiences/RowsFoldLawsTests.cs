using CsCheck;
using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>At a commit only new rows are written anew. The bytes are those that writing everything gives, however the rows came and went between commits.</summary>
public sealed class RowsFoldLawsTests
{
    private const long Hour = 3_600_000;

    [Fact]
    public void What_is_written_depends_on_the_rows_alone()
    {
        var step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 30], Gen.Int[0, 3], (kind, late, value) => (kind, late, value));
        Gen.Select(step.Array[1, 200], Gen.Int[1, 200]).Sample((steps, hours) =>
        {
            var plan = Plan(hours);
            var fold = new RowsFold();
            var now = 1_767_225_600_000;
            for (var at = 0; at < steps.Length; at++)
            {
                var (kind, late, value) = steps[at];
                now += kind == 9 ? hours * Hour : Hour;
                // Most come in order, some late, some at the same moment.
                Values[] slots = [value == 0 ? Values.Nothing : new Values(QueryValue.Of(new string('x', value))), new Values(QueryValue.Of(value + 0.5))];
                fold.Add(plan, new Row(new Instant(now - (late > 25 ? late * Hour : 0), now, (ulong)at), slots), now);
                if (kind is 3 or 4) Agree(fold);
                else if (kind is 5) fold = RowsFold.Read(Agree(fold));
            }

            Agree(fold);
        }, iter: 2_000);
    }

    [Fact]
    public void A_fold_that_is_full_drops_its_oldest_and_still_writes_the_same()
    {
        var plan = Plan(1_000_000);
        var fold = new RowsFold();
        var (lost, times) = (0, 0);
        for (var at = 0; at < RowsFold.RowsMax * 2; at++)
        {
            var dropped = fold.Add(plan, new Row(new Instant(at * 1_000L, at, 1), [new Values(QueryValue.Of((double)at)), Values.Nothing]), at);
            (lost, times) = (lost + dropped, times + Math.Sign(dropped));
            Assert.Equal(at + 1, lost + fold.Rows.Count);
            Assert.True(fold.Rows.Count >= Math.Min(at + 1, RowsFold.RowsMax));
            if (at % 700 == 0) Agree(fold);
        }

        Agree(fold);
        Assert.Equal(lost * 1_000L, fold.Rows[0].At.Timestamp);
        Assert.InRange(times, 1, 20);
    }

    private static StreamPlan Plan(long hours) => new() { Index = 0, Reduction = Reduced(), Kind = FoldKind.Rows, KeptSlots = 2, Retention = hours * Hour };

    private static Reduction Reduced()
    {
        Assert.True(QueryParser.TryParse("event('Bought').within(1 days).count()", DefinitionScope.Users, DefinitionKind.Trait, out var definition, out _));
        return CompiledDefinition.Of(1, 1, definition, false).Streams[0].Reduction;
    }

    // Rows that were never written have nothing to be reused.
    private static byte[] Agree(RowsFold fold)
    {
        var plan = Plan(1_000_000_000);
        var anew = new RowsFold();
        foreach (var row in fold.Rows) anew.Add(plan, row, 0);
        var (written, expected) = (new ByteWriter(), new ByteWriter());
        fold.Write(written);
        anew.Write(expected);
        Assert.Equal(expected.Written.ToArray(), written.Written.ToArray());
        return written.Written.ToArray();
    }
}
