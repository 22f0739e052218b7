using System.Text.RegularExpressions;
using Xunit;

namespace Tributary.Engine.Tests.Tidy;

/// <summary>The style that matters, executable. Every complaint names the file, the line and what to do.</summary>
public sealed partial class TidyTests
{
    // The longest line there is; the aim for new code is 140. A quoted text counts nothing, because it cannot be broken.
    private const int LineLengthMax = 230;
    private const int FileLinesMax = 500;
    private const int ReadmeLinesMax = 40;

    // The order in which data flows. A stage may use the stages to its left, never those to its right. Workspace stands behind Log because a change of it is a
    // record; Processing behind the stages whose steps it calls.
    private static readonly string[] Flow =
        ["Storage", "Log", "Workspace", "Ingest", "Protocols", "Identity", "Profiles", "Traits", "Audiences", "Journeys", "Privacy", "Processing", "Delivery", "Lake"];

    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["Tributary.Model"] = [],
        ["Tributary.Engine"] = ["Tributary.Model"],
        ["Tributary.Destinations"] = ["Tributary.Model", "Tributary.Engine"],
        ["Tributary.Console"] = ["Tributary.Model", "Tributary.Engine"],
        ["Tributary.Server"] = ["Tributary.Model", "Tributary.Engine", "Tributary.Destinations", "Tributary.Console"],
    };

    private static readonly string Root = FindRoot();
    private static readonly List<SourceFile> Files = [.. Walk(Root).Select(path => new SourceFile(Path.GetRelativePath(Root, path), File.ReadAllLines(path)))];

    [Fact]
    public void A_stage_only_looks_upstream() => Complain(
        from file in Code("src/Tributary.Engine/")
        let stage = Array.IndexOf(Flow, file.Path.Split('/')[2])
        where stage >= 0
        from line in file.Numbered
        from Match use in StageUse().Matches(line.Text)
        let used = Array.IndexOf(Flow, use.Groups[1].Value)
        where used > stage
        select $"{file.Path}:{line.Number}: {Flow[stage]} uses {Flow[used]}, which lies downstream. Move what both need upstream, or hand it over as a parameter.");

    [Fact]
    public void Every_stage_has_its_place_in_the_flow() => Complain(
        from folder in Directory.EnumerateDirectories(Path.Combine(Root, "src/Tributary.Engine"))
        let name = Path.GetFileName(folder)
        where name is not ("bin" or "obj") && !Flow.Contains(name)
        select $"src/Tributary.Engine/{name}: not in the list Flow of TidyTests. Say there where it stands.");

    [Fact]
    public void Projects_reference_upstream_only() => Complain(
        from file in Files
        where file.Path.StartsWith("src/", StringComparison.Ordinal) && file.Path.EndsWith(".csproj", StringComparison.Ordinal)
        let project = Path.GetFileNameWithoutExtension(file.Path)
        from line in file.Numbered
        from Match reference in ProjectReference().Matches(line.Text)
        let used = reference.Groups[1].Value
        where !MayReference.GetValueOrDefault(project, []).Contains(used)
        select $"{file.Path}:{line.Number}: {project} may not reference {used}. Model ← Engine ← {{Destinations, Console}} ← Server.");

    [Fact]
    public void Names_say_what_a_type_is_for() => Complain(
        from file in Code()
        from line in file.Numbered
        from Match type in VagueType().Matches(line.Text)
        select $"{file.Path}:{line.Number}: {type.Groups[1].Value} ends in a word that says nothing. Name it for what it does, or put it beside its one user.");

    [Fact]
    public void No_regions_and_no_promises_without_an_issue() => Complain(
        from file in Code()
        from line in file.Numbered
        where line.Text.TrimStart().StartsWith("#" + "region", StringComparison.Ordinal) || Promise().IsMatch(line.Text)
        select $"{file.Path}:{line.Number}: a region wants to be a class of its own; a promise needs an issue number, as in (issue 12).");

    [Fact]
    public void Comments_are_sentences_and_not_code() => Complain(
        from file in Code()
        where !file.Path.StartsWith("bench/", StringComparison.Ordinal)
        from comment in file.Comments
        where IsCode(comment.Text) || (IsSentence(comment.Text) && !".?!:)`»".Contains(comment.Text[^1], StringComparison.Ordinal))
        select $"{file.Path}:{comment.Number}: end the sentence with a full stop, or delete the code: {comment.Text}");

    [Fact]
    public void Files_are_short_or_open_with_the_reason() => Complain(
        from file in Code()
        where file.Lines.Length > FileLinesMax && !file.Lines[0].StartsWith("//", StringComparison.Ordinal)
        select $"{file.Path}: {file.Lines.Length} lines. Split it by noun, or open it with a comment that says why it is long.");

    [Fact]
    public void Lines_fit() => Complain(
        from file in Code("src/")
        from line in file.Numbered
        where QuotedText().Replace(line.Text, "").Length > LineLengthMax
        select $"{file.Path}:{line.Number}: {line.Text.Length} characters, the most are {LineLengthMax}. Break it where a reader would breathe.");

    [Fact]
    public void Nothing_names_the_machine_it_was_written_on() => Complain(
        from file in Files
        from line in file.Numbered
        where MachinePath().IsMatch(line.Text) || (file.Path.EndsWith("package-lock.json", StringComparison.Ordinal) && ForeignRegistry().IsMatch(line.Text))
        select $"{file.Path}:{line.Number}: names a folder or a registry of one machine. Use a relative path, or the public registry.");

    [Fact]
    public void Links_in_documents_lead_somewhere() => Complain(
        from file in Files
        where file.Path.EndsWith(".md", StringComparison.Ordinal)
        from line in file.Numbered
        from Match link in DocumentLink().Matches(line.Text)
        let target = link.Groups[1].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
        where !Path.Exists(Path.Combine(Root, Path.GetDirectoryName(file.Path)!, target))
        select $"{file.Path}:{line.Number}: {target} is not there. Correct the link or write the page.");

    [Fact]
    public void Every_stage_has_a_page_about_itself() => Complain(
        from folder in Directory.EnumerateDirectories(Path.Combine(Root, "src/Tributary.Engine"))
        let name = Path.GetFileName(folder)
        where Flow.Contains(name)
        let page = Files.Find(file => file.Path == $"src/Tributary.Engine/{name}/README.md")
        where page is null || page.Lines.Length > ReadmeLinesMax
        select page is null
            ? $"src/Tributary.Engine/{name}: no README.md. Half a page: what the stage does, its files, what must hold."
            : $"{page.Path}: {page.Lines.Length} lines, the most are {ReadmeLinesMax}. Byte layouts belong into docs/internals.");

    private static void Complain(IEnumerable<string> complaints)
    {
        var all = complaints.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    private static IEnumerable<SourceFile> Code(string folder = "") =>
        Files.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal) && file.Path.StartsWith(folder, StringComparison.Ordinal));

    // A word that begins with a capital and more words behind it; names of steps and single words are free.
    private static bool IsSentence(string comment) => comment.Length > 3 && char.IsUpper(comment[0]) && comment.Contains(' ', StringComparison.Ordinal);

    private static bool IsCode(string comment) => CodeEnd().IsMatch(comment);

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
            if (IsText(path)) yield return path;
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            if (Path.GetFileName(inner) is "artifacts" or "node_modules" or "bin" or "obj" or ".git") continue;
            foreach (var path in Walk(inner)) yield return path;
        }
    }

    private static bool IsText(string path) => Path.GetExtension(path) is
        ".cs" or ".md" or ".csproj" or ".props" or ".json" or ".slnx" or ".yml" or ".yaml" or ".sh" or ".mjs" or ".cjs" or ".ts";

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Tributary.slnx"))) folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"\bTributary\.Engine\.([A-Z]\w+)")]
    private static partial Regex StageUse();

    [GeneratedRegex(@"<ProjectReference Include=""[^""]*?(Tributary\.\w+)\.csproj")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+(\w*(?:Helpers?|Manager|Utils?|Utilities|Common|Base|Impl))\b(?=\s*[(:<{;]|\s*$)")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"//.*\b(?:TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b(?!.*(?:issue |#)\d)")]
    private static partial Regex Promise();

    [GeneratedRegex(@"(?:;|\)\s*\{|^\}|=>\s*\{)$")]
    private static partial Regex CodeEnd();

    [GeneratedRegex(@"(?<![\w.<])/(?:work/(?:main|wt-|shared)|root/|home/\w+/)")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"""resolved"":\s*""https?://(?!registry\.npmjs\.org/)")]
    private static partial Regex ForeignRegistry();

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex DocumentLink();

    private sealed record SourceFile(string Path, string[] Lines)
    {
        public IEnumerable<(int Number, string Text)> Numbered => Lines.Select((text, index) => (index + 1, text));

        /// <summary>Comments of whole lines, neighbouring lines joined; documentation comments are the compiler's business.</summary>
        public IEnumerable<(int Number, string Text)> Comments
        {
            get
            {
                var text = "";
                foreach (var (number, line) in Numbered.Append((Lines.Length + 1, "")))
                {
                    var trimmed = line.Trim();
                    var isComment = trimmed.StartsWith("// ", StringComparison.Ordinal);
                    if (isComment && (text.Length == 0 || !IsStep(trimmed)))
                    {
                        text += (text.Length > 0 ? " " : "") + trimmed[3..];
                        continue;
                    }

                    if (text.Length > 0) yield return (number - 1, text);
                    text = isComment ? trimmed[3..] : "";
                }
            }
        }

        private static bool IsStep(string comment) => comment.StartsWith("// ::", StringComparison.Ordinal);
    }
}
