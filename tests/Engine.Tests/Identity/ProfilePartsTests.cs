using CsCheck;
using Tributary.Engine.Identity;
using Xunit;

namespace Tributary.Engine.Tests.Identity;

/// <summary>What profiles are made of in memory and in the store says the same as the plain thing that it stands for.</summary>
public sealed class ProfilePartsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(2_097_151)]
    [InlineData(2_097_152)]
    public void A_blob_whose_length_shows_afterwards_is_a_blob(int length)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(at => (byte)(at * 31))];
        var (atOnce, afterwards) = (new ByteWriter(), new ByteWriter());
        foreach (var writer in new[] { atOnce, afterwards }) writer.WriteString("before");
        atOnce.WriteBlob(bytes);
        var from = afterwards.BeginBlob();
        afterwards.Write(bytes);
        afterwards.EndBlob(from);
        foreach (var writer in new[] { atOnce, afterwards }) writer.WriteString("behind");

        Assert.True(atOnce.Written.SequenceEqual(afterwards.Written));
    }

    [Fact]
    public void Results_are_a_sorted_list()
    {
        var step = Gen.Select(Gen.UInt[0, 40], Gen.Int[0, 3], Gen.Long[0, 9]);
        step.Array[0, 200].Sample(steps =>
        {
            var (table, list) = (new ResultTable(), new SortedList<uint, ComputedResult>());
            foreach (var (number, kind, at) in steps)
            {
                if (kind == 0)
                {
                    Assert.Equal(list.Remove(number), table.Remove(number));
                    continue;
                }

                list[number] = table[number] = new ComputedResult(1, null, at, at);
                Assert.Equal(list.GetValueOrDefault(number), table.GetValueOrDefault(number));
            }

            Assert.Equal(list, table);
            Assert.Equal(list, new ResultTable(table));
            Assert.Equal(list.Keys, table.Numbers.ToArray());
            Assert.Equal(list.Values, table.Results.ToArray());
        });
    }

    [Fact]
    public void States_stand_by_the_number_of_their_stream()
    {
        Gen.Select(Gen.UInt[0, 40], Gen.Bool).Array[0, 200].Sample(steps =>
        {
            var (table, list) = (new FoldTable(), new SortedList<uint, FoldState>());
            foreach (var (stream, isGone) in steps)
            {
                var index = table.IndexOf(stream);
                Assert.Equal(list.IndexOfKey(stream), Math.Max(index, -1));
                if (isGone)
                {
                    Assert.Equal(list.Remove(stream), table.RemoveAll(number => number == stream));
                }
                else if (index < 0)
                {
                    var state = new UnreadFold(1, [(byte)stream]);
                    table.Insert(~index, stream, state);
                    list.Add(stream, state);
                }
            }

            Assert.Equal(list.Select(pair => (pair.Key, pair.Value)), table.Entries.ToArray().Select(entry => (entry.Stream, entry.State)));
        });
    }
}
