using System.Text;
using CsCheck;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Workspace;

public sealed class JsonInputTests
{
    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"a\":1")]
    [InlineData("{} {}")]
    public void Refuses_what_is_no_usable_object(string json) =>
        Assert.Equal(RefusalReason.Invalid, JsonInput.Parse(Encoding.UTF8.GetBytes(json)).Refusal?.Reason);

    [Fact]
    public void Refuses_what_is_nested_too_deep() =>
        Assert.NotNull(JsonInput.Parse(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100))).Refusal);

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 60].Sample(bytes =>
    {
        _ = JsonInput.Parse(bytes);
        return true;
    });

    [Fact]
    public void Tells_which_fields_are_wrong()
    {
        var input = JsonInput.Parse("""{"name":7,"enabled":"yes","limit":1e99,"long":"aaaa","nul":"a\u0000b","settings":[]}"""u8).Body;

        Assert.Null(input.Text("name", 10));
        Assert.Null(input.Flag("enabled"));
        Assert.Null(input.Whole("limit", 1));
        Assert.Null(input.Text("long", 3));
        Assert.Null(input.Text("nul", 10));
        Assert.Null(input.Object("settings"));
        Assert.Null(input.Text("absent", 10, required: true));
        Assert.Equal(["name", "enabled", "limit", "long", "nul", "settings", "absent"], input.Faults.Select(fault => fault.Field));
    }
}
