using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary import</c>: sends a file of events to a source, as it is read.</summary>
internal sealed class ImportCommand : Command
{
    private readonly Argument<FileInfo> _file = new("file") { Description = "NDJSON (one message a line) or CSV (one identify a row)." };

    private readonly Option<string> _source = new("--source") { Description = "Slug, id or write key of the source.", Required = true };

    private readonly Option<string?> _format = new("--format") { Description = "ndjson or csv; by default what the file's name says." };

    private readonly ClientOptions _client = new();

    public ImportCommand() : base("import", "Sends a file of events to a source.")
    {
        _format.AcceptOnlyFromAmong("ndjson", "csv");
        Add(_file);
        Add(_source);
        Add(_format);
        _client.AddTo(this);
        SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => ImportAsync(line, terminal, cancellationToken)));
    }

    private async Task ImportAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        var file = line.GetValue(_file)!;
        if (!file.Exists) throw new CommandFailedException($"There is no file {file.FullName}.");
        var type = ContentType(line.GetValue(_format), file.Name);
        using var server = _client.Connect(line);
        var writeKey = await WriteKeyAsync(server, line.GetValue(_source)!, cancellationToken);
        JsonNode? answer = null;
        if (_client.WantsJson(line) || !terminal.Error.Profile.Capabilities.Interactive)
            answer = await SendAsync(server, file, type, writeKey, _ => { }, cancellationToken);
        else
            await terminal.Error.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                .StartAsync(async progress =>
                {
                    var bar = progress.AddTask(Markup.Escape(file.Name), maxValue: Math.Max(1, file.Length));
                    answer = await SendAsync(server, file, type, writeKey, bytes => bar.Increment(bytes), cancellationToken);
                });
        if (_client.WantsJson(line)) terminal.WriteJson(answer);
        else terminal.Console.WriteLine($"{file.Name} is in the log. {Counts(answer)}".TrimEnd());
    }

    private static async Task<JsonNode?> SendAsync(
        ServerConnection server, FileInfo file, string type, string writeKey, Action<int> sent, CancellationToken cancellationToken)
    {
        await using var stream = new CountedStream(file.OpenRead(), sent);
        using var content = new StreamContent(stream, 128 << 10);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/import") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(writeKey + ":")));
        return await server.SendAsync(request, cancellationToken);
    }

    private static string ContentType(string? format, string name) => (format ?? Path.GetExtension(name).TrimStart('.').ToLowerInvariant()) switch
    {
        "csv" => "text/csv",
        "ndjson" or "jsonl" or "json" => "application/x-ndjson",
        _ => throw new CommandFailedException($"The name {name} does not tell the format.", "Add --format ndjson or --format csv."),
    };

    private static async Task<string> WriteKeyAsync(ServerConnection server, string named, CancellationToken cancellationToken)
    {
        try
        {
            var sources = await server.ListAsync("api/sources", "sources", cancellationToken);
            var source = sources.FirstOrDefault(source => Terminal.Plain(source["slug"]) == named || Terminal.Plain(source["id"]) == named || KeysOf(source).Contains(named))
                ?? throw new CommandFailedException($"There is no source \"{named}\".", $"Sources: {string.Join(", ", sources.Select(other => Terminal.Plain(other["slug"])))}.");
            return KeysOf(source).Contains(named) ? named : KeysOf(source).First();
        }
        catch (CommandFailedException failure) when (failure.NeedsToken && named.Length == Engine.Workspace.WorkspaceSecrets.WriteKeyLength)
        {
            // Whoever has a write key may import without a token.
            return named;
        }
    }

    private static IEnumerable<string> KeysOf(JsonObject source) => source["writeKeys"]!.AsArray().Select(Terminal.Plain);

    private static string Counts(JsonNode? answer) => answer is JsonObject counts
        ? string.Join(", ", counts.Where(pair => pair.Value is JsonValue value && value.TryGetValue<long>(out _)).Select(pair => $"{pair.Key} {pair.Value}"))
        : "";

    /// <summary>Tells how many bytes were read.</summary>
    private sealed class CountedStream(Stream inner, Action<int> read) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            read(count);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var got = inner.Read(buffer, offset, count);
            read(got);
            return got;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
