using System.Text.RegularExpressions;
using Tributary.Console.Shell;
using Tributary.Console.Sources;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

public sealed class ThemeTests
{
    [Fact]
    public void Both_modes_define_the_same_names()
    {
        var modes = ThemeSheet.Write().Split(":root[data-theme=\"dark\"]");
        Assert.Equal(2, modes.Length);
        static IEnumerable<string> Names(string sheet) => Regex.Matches(sheet, @"(--[a-z0-9-]+):").Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(Names(modes[0]), Names(modes[1]));
        Assert.Contains("--mud-palette-primary: rgba(15,107,92,1)", modes[0], StringComparison.Ordinal);
        Assert.DoesNotContain("<", modes[0] + modes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_snippet_has_the_address_and_the_key_and_the_fitting_one_comes_first()
    {
        foreach (var (kind, _, _) in SourceCatalog.Entries)
        {
            var snippets = Snippet.For(kind, "https://cdp.example.com", "the-write-key");
            Assert.All(snippets, snippet => Assert.Contains("cdp.example.com", snippet.Code, StringComparison.Ordinal));
            Assert.All(snippets, snippet => Assert.Contains("the-write-key", snippet.Code, StringComparison.Ordinal));
        }

        Assert.Equal("python", Snippet.For("python", "http://localhost", "k")[0].Id);
        Assert.Equal("browser", Snippet.For("javascript", "http://localhost", "k")[0].Id);
    }

    [Fact]
    public void Every_reason_of_a_refusal_is_explained() => Assert.All(
        Enum.GetValues<Tributary.Model.DiscardReason>(),
        reason => Assert.DoesNotContain("fault of the server", Refusals.Explain(Tributary.Model.DiscardReasons.Code(reason), ""), StringComparison.Ordinal));
}
