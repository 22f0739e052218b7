namespace Tributary.Console.Sources;

/// <summary>Code to paste, complete with this server's address and the source's write key.</summary>
/// <param name="Id">What the choice is called in the address.</param>
/// <param name="Name">What it is called on the page.</param>
/// <param name="Where">Where it goes, as a sentence.</param>
/// <param name="Code">The code.</param>
public sealed record Snippet(string Id, string Name, string Where, string Code)
{
    /// <summary>All of them; the one that fits the kind of source comes first.</summary>
    /// <param name="kind">The kind of source, as in the catalogue.</param>
    /// <param name="address">The address of this server without a slash at the end.</param>
    /// <param name="writeKey">The key, or what stands for it when it may not be seen.</param>
    public static IReadOnlyList<Snippet> For(string kind, string address, string writeKey)
    {
        Snippet[] all = [Browser(address, writeKey), Curl(address, writeKey), Node(address, writeKey), Python(address, writeKey), CSharp(address, writeKey), Go(address, writeKey)];
        var first = kind switch
        {
            "javascript" => "browser",
            "node.js" => "node",
            "python" => "python",
            "net" => "csharp",
            "go" => "go",
            _ => "curl",
        };
        return [.. all.OrderByDescending(snippet => snippet.Id == first)];
    }

    private static Snippet Browser(string address, string key) => new("browser", "Website", "Into the head of every page, before other scripts.", $$$"""
        <script>
          !function(){var i="analytics",a=window[i]=window[i]||[];if(!a.initialize&&!a.invoked){a.invoked=!0;
          a.methods=["track","identify","page","group","alias","reset","ready","on","once","off","user","setAnonymousId","addSourceMiddleware"];
          a.factory=function(m){return function(){var t=[].slice.call(arguments);t.unshift(m);a.push(t);return a}};
          a.methods.forEach(function(m){a[m]=a.factory(m)});
          a.load=function(key,options){var s=document.createElement("script");s.async=!0;
          s.src="{{{address}}}/analytics.js/v1/"+key+"/analytics.min.js";document.head.appendChild(s);a._loadOptions=options};
          a._writeKey="{{{key}}}";a._cdn="{{{address}}}";a.load("{{{key}}}");a.page()}}();
        </script>
        """);

    private static Snippet Curl(string address, string key) => new("curl", "curl", "Into a terminal.", $$$"""
        curl {{{address}}}/v1/track -u {{{key}}}: -H 'Content-Type: application/json' \
          -d '{"userId":"ada","event":"Signed Up","properties":{"plan":"pro"}}'
        """);

    private static Snippet Node(string address, string key) => new("node", "Node.js", "npm install @segment/analytics-node", $$$"""
        import { Analytics } from '@segment/analytics-node'

        const analytics = new Analytics({ writeKey: '{{{key}}}', host: '{{{address}}}' })
        analytics.identify({ userId: 'ada', traits: { email: 'ada@example.com' } })
        analytics.track({ userId: 'ada', event: 'Signed Up', properties: { plan: 'pro' } })
        await analytics.closeAndFlush()
        """);

    private static Snippet Python(string address, string key) => new("python", "Python", "pip install segment-analytics-python", $$$"""
        import segment.analytics as analytics

        analytics.write_key = '{{{key}}}'
        analytics.host = '{{{address}}}'
        analytics.identify('ada', {'email': 'ada@example.com'})
        analytics.track('ada', 'Signed Up', {'plan': 'pro'})
        analytics.flush()
        """);

    private static Snippet CSharp(string address, string key) => new("csharp", "C#", "dotnet add package Segment.Analytics.CSharp", $$$"""
        using Segment.Analytics;

        var analytics = new Analytics(new Configuration("{{{key}}}", apiHost: "{{{Host(address)}}}", cdnHost: "{{{Host(address)}}}/v1"));
        analytics.Identify("ada");
        analytics.Track("Signed Up");
        analytics.Flush();
        """);

    private static Snippet Go(string address, string key) => new("go", "Go", "go get github.com/segmentio/analytics-go/v3", $$$"""
        client, _ := analytics.NewWithConfig("{{{key}}}", analytics.Config{Endpoint: "{{{address}}}"})
        defer client.Close()

        client.Enqueue(analytics.Track{UserId: "ada", Event: "Signed Up"})
        """);

    private static string Host(string address) => address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..];
}
