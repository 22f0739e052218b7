using Tributary.Engine.Lake;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class SnakeCaseTests
{
    [Theory]
    [InlineData("sampleText", "sample_text")]
    [InlineData("samPLE text", "sam_ple_text")]
    [InlineData("sample___text", "sample_text")]
    [InlineData("CStringRef", "cstring_ref")]
    [InlineData("2FA Enabled", "2fa_enabled")]
    [InlineData("Enabled 2FA", "enabled_2fa")]
    [InlineData("THE5r", "the5r")]
    [InlineData("5TEst", "5test")]
    [InlineData("_5TEst", "5test")]
    [InlineData("edf_6N", "edf_6n")]
    [InlineData("f_pX9", "f_p_x9")]
    [InlineData("p_z9Rg", "p_z9_rg")]
    [InlineData("•¶§ƒ˚foo˙∆˚¬", "foo")]
    [InlineData("lk0B@bFmjrLQ_Z6YL", "lk0_b_b_fmjr_lq_z6yl")]
    [InlineData("@49L0S145_¬fwHƒ0TSLNVp", "49l0s145_fw_h_0tslnvp")]
    [InlineData("FOO:BAR$BAZ", "foo_bar_baz")]
    [InlineData("something.com", "something_com")]
    [InlineData("already_snake", "already_snake")]
    [InlineData("Order Completed", "order_completed")]
    [InlineData("", "")]
    [InlineData("заказ", "")]
    public void Follows_segments_vectors(string name, string expected) => Assert.Equal(expected, SnakeCase.Of(name));

    [Fact]
    public void Snake_case_is_its_own_snake_case() =>
        CsCheck.Check.Sample(CsCheck.Gen.String[CsCheck.Gen.Char[' ', '~'], 0, 30], name => SnakeCase.Of(SnakeCase.Of(name)) == SnakeCase.Of(name));

    [Fact]
    public void A_name_that_vanishes_gets_the_hash_of_the_whole_name()
    {
        var first = SnakeCase.NameOf("注文"u8);
        var second = SnakeCase.NameOf("購入"u8);

        Assert.Matches("^_[0-9a-f]{16}$", first);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_very_long_name_is_cut_and_stays_distinct()
    {
        var first = SnakeCase.NameOf(System.Text.Encoding.ASCII.GetBytes(new string('a', 3_000) + "1"));
        var second = SnakeCase.NameOf(System.Text.Encoding.ASCII.GetBytes(new string('a', 3_000) + "2"));

        Assert.Equal(SnakeCase.NameLengthMax, first.Length);
        Assert.NotEqual(first, second);
    }
}
