using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests;

public sealed class ProfileIdTests
{
    [Fact]
    public void A_written_id_reads_back() =>
        CsCheck.Check.Sample(CsCheck.Gen.Select(CsCheck.Gen.UShort, CsCheck.Gen.Long[0, long.MaxValue - 1], CsCheck.Gen.Byte), (space, offset, ordinal) =>
        {
            var id = ProfileId.Derive(space, offset, ordinal);
            return id.ToString().Length == ProfileId.TextLength && ProfileId.TryParse(id.ToString(), out var back) && back == id;
        });

    [Theory]
    [InlineData(null)]
    [InlineData("use_")]
    [InlineData("usr_000000000000000000000000000")]
    [InlineData("use_00000000000000000000000000-")]
    [InlineData("use_zzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("use_aWgEPTl1tmebfsQzFP4bxwgy80W")]
    [InlineData("use_00000000000000000000000000é")]
    public void Other_text_is_no_id(string? text) => Assert.False(ProfileId.TryParse(text, out _));

    [Fact]
    public void The_largest_and_the_smallest_read_back()
    {
        // 160 bits of ones, and of zeros.
        Assert.True(ProfileId.TryParse("use_aWgEPTl1tmebfsQzFP4bxwgy80V", out var largest));
        Assert.Equal(ProfileId.Read(Enumerable.Repeat((byte)0xFF, ProfileId.Size).ToArray()), largest);
        Assert.True(ProfileId.TryParse("use_000000000000000000000000000", out var smallest));
        Assert.True(smallest.IsNone);
    }
}
