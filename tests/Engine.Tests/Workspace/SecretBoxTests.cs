using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Workspace;

public sealed class SecretBoxTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-").FullName;

    private string KeyFile => Path.Combine(_folder, "secrets.key");

    [Fact]
    public void What_is_sealed_is_opened_with_the_same_key_and_no_other()
    {
        JsonObject sealedSettings;
        using (var box = SecretBox.Open(null, KeyFile)) sealedSettings = box.Seal(new JsonObject { ["key"] = "hidden", ["map"] = new JsonObject { ["a"] = 1 }, ["plain"] = "x" }, name => name != "plain", []);

        Assert.DoesNotContain("hidden", sealedSettings.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("x", (string?)sealedSettings["plain"]);
        using var again = SecretBox.Open(null, KeyFile);
        Assert.Equal("""{"key":"hidden","map":{"a":1},"plain":"x"}""", again.Unseal(sealedSettings).ToJsonString());
        using var other = SecretBox.Open(Convert.ToBase64String(new byte[32]), KeyFile);
        Assert.Contains("another key", Assert.Throws<SecretLostException>(() => other.Unseal(sealedSettings)).Message, StringComparison.Ordinal);
        Assert.Equal("""{"plain":"x"}""", other.UnsealReadable(sealedSettings).ToJsonString());
    }

    [Fact]
    public void A_value_that_did_not_change_keeps_its_seal()
    {
        using var box = SecretBox.Open(null, KeyFile);
        var first = box.Seal(new JsonObject { ["key"] = "hidden" }, _ => true, []);

        Assert.Equal(first.ToJsonString(), box.Seal(new JsonObject { ["key"] = "hidden" }, _ => true, first).ToJsonString());
        Assert.Equal(first.ToJsonString(), box.Seal(new JsonObject { ["key"] = SecretBox.Mask }, _ => true, first).ToJsonString());
        Assert.NotEqual(first.ToJsonString(), box.Seal(new JsonObject { ["key"] = "other" }, _ => true, first).ToJsonString());
    }

    [Fact]
    public void A_damaged_value_is_told_from_a_wrong_key()
    {
        using var box = SecretBox.Open(null, KeyFile);
        var settings = box.Seal(new JsonObject { ["key"] = "hidden" }, _ => true, []);
        var text = (string)settings["key"]!["$sealed"]!;
        settings["key"] = new JsonObject { ["$sealed"] = text[..^6] + (text[^6] == 'A' ? 'B' : 'A') + text[^5..] };

        Assert.Contains("damaged", Assert.Throws<SecretLostException>(() => box.Unseal(settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_threads_may_open_and_seal_at_once()
    {
        using var box = SecretBox.Open(null, KeyFile);
        var settings = box.Seal(new JsonObject { ["key"] = "hidden" }, _ => true, []);

        Parallel.For(0, 20_000, number =>
        {
            Assert.Equal("hidden", (string?)box.Unseal(settings)["key"]);
            if (number % 3 == 0) Assert.Equal($"n{number}", (string?)box.Unseal(box.Seal(new JsonObject { ["key"] = $"n{number}" }, _ => true, []))["key"]);
        });
    }

    [Theory]
    [InlineData("no base64!")]
    [InlineData("AAAA")]
    public void A_key_of_the_wrong_shape_is_named(string key) =>
        Assert.Contains(SecretBox.KeySetting, Assert.Throws<InvalidDataException>(() => SecretBox.Open(key, KeyFile)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_file_of_the_key_is_for_its_owner_alone()
    {
        SecretBox.Open(null, KeyFile).Dispose();
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
