using System.Text.RegularExpressions;
using Xunit;

namespace Tributary.Server.Tests.Management;

/// <summary>Documents say what is: links lead somewhere, and what they name exists.</summary>
public sealed partial class DocumentsTests
{
    public static TheoryData<string> Documents => new(
        new[] { "README.md", "ARCHITECTURE.md", "VOCABULARY.md", "CONTRIBUTING.md", "SECURITY.md" }
            .Concat(Below("docs")).Concat(Below("src")).Where(path => !path.Contains("node_modules", StringComparison.Ordinal)));

    [Theory, MemberData(nameof(Documents))]
    public void Every_link_leads_somewhere(string document)
    {
        var path = Repository.PathOf(document);
        foreach (Match link in Link().Matches(File.ReadAllText(path)))
        {
            var target = link.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
            Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, target)), $"{document} links to {target}, which is not there.");
        }
    }

    [Fact]
    public void The_architecture_names_files_that_exist()
    {
        var engine = Repository.PathOf("src", "Tributary.Engine");
        foreach (Match file in Walked().Matches(File.ReadAllText(Repository.PathOf("ARCHITECTURE.md"))))
            Assert.True(File.Exists(Path.Combine(engine, file.Groups[1].Value + ".cs")), $"{file.Groups[1].Value}.cs is not in the engine.");
    }

    private static IEnumerable<string> Below(string folder) => Directory.EnumerateFiles(Repository.PathOf(folder), "*.md", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Repository.PathOf(), path));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:Ingest|Log|Processing|Identity|Profiles|Delivery|Lake)/[A-Za-z/]*[A-Za-z])`")]
    private static partial Regex Walked();
}
