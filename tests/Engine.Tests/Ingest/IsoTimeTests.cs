using System.Globalization;
using System.Text;
using CsCheck;
using Tributary.Engine.Ingest;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class IsoTimeTests
{
    [Theory]
    [InlineData("2026-01-31T23:59:59.999Z", "2026-01-31T23:59:59.999Z")]
    [InlineData("2026-01-31T23:59:59.9999999Z", "2026-01-31T23:59:59.999Z")]
    [InlineData("2026-01-31T23:59:59.123456+00:00", "2026-01-31T23:59:59.123Z")]
    [InlineData("2026-01-31T23:59:59.123456789+02:00", "2026-01-31T21:59:59.123Z")]
    [InlineData("2026-01-31T23:59:59-05:30", "2026-02-01T05:29:59.000Z")]
    [InlineData("2026-01-31T23:59:59-0530", "2026-02-01T05:29:59.000Z")]
    [InlineData("2026-01-31T23:59:59+01", "2026-01-31T22:59:59.000Z")]
    [InlineData("2026-01-31T23:59:59z", "2026-01-31T23:59:59.000Z")]
    [InlineData("2026-01-31t23:59:59.5Z", "2026-01-31T23:59:59.500Z")]
    [InlineData("2026-01-31 23:59:59", "2026-01-31T23:59:59.000Z")]
    [InlineData("2026-01-31T23:59Z", "2026-01-31T23:59:00.000Z")]
    [InlineData("2015-2-02T00:30:08.276Z", "2015-02-02T00:30:08.276Z")]
    [InlineData("2015-2-2", "2015-02-02T00:00:00.000Z")]
    [InlineData("2024-02-29", "2024-02-29T00:00:00.000Z")]
    [InlineData("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z")]
    [InlineData("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z")]
    [InlineData("2026-12-31T24:00:00Z", "2027-01-01T00:00:00.000Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z")]
    [InlineData("1700000000", "2023-11-14T22:13:20.000Z")]
    [InlineData("1700000000123", "2023-11-14T22:13:20.123Z")]
    public void Reads_what_clients_send(string text, string expected)
    {
        Assert.True(IsoTime.TryParse(Encoding.UTF8.GetBytes(text), out var ms));

        Assert.Equal(expected, Written(ms));
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2026-13-01")]
    [InlineData("2026-02-29")]
    [InlineData("2026-00-01")]
    [InlineData("2026-01-00")]
    [InlineData("2026-01-31T25:00:00Z")]
    [InlineData("2026-01-31T24:00:01Z")]
    [InlineData("2026-01-31T23:60:00Z")]
    [InlineData("2026-01-31T23:59:61Z")]
    [InlineData("2026-01-31T23:59:59.Z")]
    [InlineData("2026-01-31T23:59:59+2:00")]
    [InlineData("2026-01-31T23:59:59 +24:00")]
    [InlineData("2026-01-31T")]
    [InlineData("0000-01-01")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("26-01-31")]
    [InlineData("2026-01-31T23:59:59Zz")]
    public void Other_text_counts_as_absent(string text) => Assert.False(IsoTime.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("1700000000", 1_700_000_000_000)]
    [InlineData("1700000000.5", 1_700_000_000_500)]
    [InlineData("1700000000123", 1_700_000_000_123)]
    [InlineData("0", 0)]
    [InlineData("-86400", -86_400_000)]
    public void Reads_epoch_numbers_in_seconds_and_milliseconds(string number, long expected)
    {
        Assert.True(IsoTime.TryParseEpoch(Encoding.UTF8.GetBytes(number), out var ms));

        Assert.Equal(expected, ms);
    }

    [Theory]
    [InlineData("1e300")]
    [InlineData("-99999999999999999")]
    [InlineData("1e999")]
    public void Numbers_beyond_the_calendar_count_as_absent(string number) =>
        Assert.False(IsoTime.TryParseEpoch(Encoding.UTF8.GetBytes(number), out _));

    [Fact]
    public void Writes_what_the_base_library_writes_and_reads_it_back() =>
        Gen.Long[IsoTime.Min, IsoTime.Max].Sample(ms =>
        {
            var text = Written(ms);
            var expected = DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            return text == expected && IsoTime.TryParse(Encoding.UTF8.GetBytes(text), out var back) && back == ms;
        });

    [Fact]
    public void Never_throws() => Gen.Byte.Array[0, 40].Sample(bytes =>
    {
        _ = IsoTime.TryParse(bytes, out _);
        _ = IsoTime.TryParseEpoch(bytes, out _);
    });

    private static string Written(long ms)
    {
        var bytes = new byte[IsoTime.Length];
        IsoTime.Format(ms, bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
