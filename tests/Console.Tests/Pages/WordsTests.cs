using Tributary.Console.Shared;
using Xunit;

namespace Tributary.Console.Tests.Pages;

public sealed class WordsTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.5, "0.5")]
    [InlineData(999, "999")]
    [InlineData(1_500, "1.5k")]
    [InlineData(12_408, "12.4k")]
    [InlineData(1_234_567, "1.23M")]
    [InlineData(5_000_000_000, "5G")]
    public void A_count_in_little_room(double count, string text) => Assert.Equal(text, Words.Short(count));

    [Theory]
    [InlineData(0, 0, "0 %")]
    [InlineData(0, 10, "0 %")]
    [InlineData(1, 10_000, "< 1 %")]
    [InlineData(9_999, 10_000, "99.9 %")]
    [InlineData(10, 10, "100 %")]
    [InlineData(1, 3, "33 %")]
    public void A_share_never_says_all_or_nothing_when_it_is_not(long part, long whole, string text) => Assert.Equal(text, Words.Share(part, whole));

    [Theory]
    [InlineData(1, "1 event")]
    [InlineData(2, "2 events")]
    [InlineData(1_000, "1,000 events")]
    public void One_and_many(long count, string text) => Assert.Equal(text, Words.Plural(count, "event"));
}
