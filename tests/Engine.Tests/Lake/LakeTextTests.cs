using System.Globalization;
using System.Text;
using CsCheck;
using Tributary.Engine.Lake;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class LakeTextTests
{
    [Fact]
    public void A_profile_id_is_written_as_everywhere_else()
    {
        var texts = new ProfileIdText();

        Gen.Select(Gen.UShort, Gen.Long[0, long.MaxValue - 1], Gen.Byte).Sample((space, offset, ordinal) =>
        {
            var id = ProfileId.Derive(space, offset, ordinal);
            return Encoding.ASCII.GetString(texts.Of(id)) == id.ToString() && Encoding.ASCII.GetString(texts.Of(id)) == id.ToString();
        });
        Assert.Equal(default(ProfileId).ToString(), Encoding.ASCII.GetString(texts.Of(default)));
    }

    [Fact]
    public void A_written_time_reads_back() => Gen.DateTime.Sample(time =>
    {
        var text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        return IsoTime.TryParse(Encoding.ASCII.GetBytes(text), out var microseconds) && microseconds == Math.Floor((time.Ticks - DateTime.UnixEpoch.Ticks) / 10m);
    });

    [Theory]
    [InlineData("2026-01-02T03:04Z", 1_767_323_040_000_000)]
    [InlineData("2026-01-02 03:04:05", 1_767_323_045_000_000)]
    [InlineData("2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456)]
    [InlineData("2026-01-02t03:04:05z", 1_767_323_045_000_000)]
    [InlineData("2026-01-02T03:04:05+0530", 1_767_303_245_000_000)]
    [InlineData("2026-01-02T03:04:05-01", 1_767_326_645_000_000)]
    [InlineData("0001-01-01", -62_135_596_800_000_000)]
    public void Times_of_many_clients_are_read(string text, long microseconds)
    {
        Assert.True(IsoTime.TryParse(Encoding.ASCII.GetBytes(text), out var read));
        Assert.Equal(microseconds, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026")]
    [InlineData("2026-13-01")]
    [InlineData("0000-01-01")]
    [InlineData("2026-01-02T")]
    [InlineData("2026-01-02T25:00")]
    [InlineData("2026-01-02T03:04:05.")]
    [InlineData("2026-01-02T03:04:05Zulu")]
    [InlineData("2026-01-02T03:04:05+1")]
    [InlineData("2026-01-02-03")]
    [InlineData("20260102T030405")]
    public void Other_texts_are_no_times(string text) => Assert.False(IsoTime.TryParse(Encoding.ASCII.GetBytes(text), out _));
}
