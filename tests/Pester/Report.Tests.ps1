#Requires -Version 7.6

# Export-BorgReport: what is in the page, and what a real browser makes of it (Chromium; skipped where there is none).

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')
    $browser = 'chromium', 'chromium-browser', 'google-chrome' | ForEach-Object { Get-Command -Name $_ -CommandType Application -ErrorAction Ignore } | Select-Object -First 1

    function Get-ReportPath {
        Join-Path (New-TestFolder) 'report.html'
    }

    function Test-Browser {
        if (-not $browser) {
            Set-ItResult -Skipped -Because 'there is no Chromium'
        }
        [bool]$browser
    }

    # What the browser prints; it may see files, so that one page can look into another.
    function Invoke-Browser([string] $File, [string[]] $Arguments) {
        $common = '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--allow-file-access-from-files', "--user-data-dir=$(Join-Path $TestDrive 'browser')"
        $printed = & $browser.Path @common @Arguments ([uri]::new($File).AbsoluteUri) 2>$null
        $LASTEXITCODE | Should -Be 0
        $printed -join "`n"
    }

    # The first pixel of a picture: all five filters of PNG leave the first pixel of the first line as it is.
    function Get-FirstPixel([string] $Picture) {
        $bytes = [IO.File]::ReadAllBytes($Picture)
        $data = [IO.MemoryStream]::new()
        for ($at = 8; $at -lt $bytes.Length; $at += 12 + $length) {
            $length = [Buffers.Binary.BinaryPrimitives]::ReadInt32BigEndian([byte[]]$bytes[$at..($at + 3)])
            if ([Text.Encoding]::ASCII.GetString($bytes, $at + 4, 4) -eq 'IDAT') {
                $data.Write($bytes, $at + 8, $length)
            }
        }
        $data.Position = 0
        $pixels = [IO.Compression.ZLibStream]::new($data, [IO.Compression.CompressionMode]::Decompress)
        $start = [byte[]]::new(4)
        $pixels.ReadExactly($start)
        $start[1..3]
    }

    # As https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio has it.
    function Get-Contrast([string] $One, [string] $Other) {
        $light = foreach ($colour in $One, $Other) {
            $digits = $colour.TrimStart('#')
            if ($digits.Length -eq 3) {
                $digits = -join ($digits.ToCharArray() | ForEach-Object { "$_$_" })
            }
            $parts = 0, 2, 4 | ForEach-Object {
                $part = [Convert]::ToInt32($digits.Substring($_, 2), 16) / 255
                $part -le 0.03928 ? $part / 12.92 : [Math]::Pow(($part + 0.055) / 1.055, 2.4)
            }
            0.2126 * $parts[0] + 0.7152 * $parts[1] + 0.0722 * $parts[2]
        }
        $bright, $dark = $light | Sort-Object -Descending
        ($bright + 0.05) / ($dark + 0.05)
    }
}

Describe 'Export-BorgReport' {
    It 'writes a page and emits its file' {
        $path = Expand-Vector 'overwrites-deletes'
        $file = Get-ReportPath
        $written = Export-BorgReport $path $file
        $written | Should -BeOfType IO.FileInfo
        $written.FullName | Should -Be $file
        $page = [IO.File]::ReadAllText($file)
        $page | Should -Match '^<!DOCTYPE html>\n<html lang="en">'
        $page | Should -Match ([regex]::Escape($path))
        $page | Should -Match (Get-BorgRepository $path).Id
        $page | Should -Match 'Reclaimable</strong> A compaction would free'
        $page | Should -Match 'No check was passed in'
        ([regex]::Matches($page, 'title="Segment \d+: ')).Count | Should -Be 13
        Test-Unlocked $path | Should -BeTrue
    }

    It 'shows the findings of a check that are piped in' {
        $path = Expand-Vector 'two-damages'
        $findings = @(Invoke-BorgRepoCheck $path -NoLock -WarningAction SilentlyContinue)
        $file = Get-ReportPath
        $null = $findings | Export-BorgReport -Destination $file -NoLock -WarningAction SilentlyContinue
        $page = [IO.File]::ReadAllText($file)
        $page | Should -Match 'Check: Damaged'
        foreach ($finding in $findings | Where-Object { $_ -is [BorgRepo.BorgCheckFinding] }) {
            $page.Contains([Net.WebUtility]::HtmlEncode($finding.Message)) | Should -BeTrue -Because $finding.Message
        }
        $damaged = ($findings | Where-Object Severity -EQ Error).Segment | Sort-Object -Unique
        $page | Should -Match "<p>Damaged: $($damaged -join ', ')\. Not committed: none\.</p>"
        [regex]::Matches($page, '<i class="bad" style').Count | Should -Be $damaged.Count
    }

    It 'says that a check found nothing' {
        $path = New-TestRepository
        $file = Get-ReportPath
        $null = Invoke-BorgRepoCheck $path | Export-BorgReport -Destination $file
        [IO.File]::ReadAllText($file) | Should -Match 'The check found nothing'
        [IO.File]::ReadAllText($file) | Should -Match 'Damaged: none'
    }

    It 'takes an object about a repository from the pipeline, and an empty repository' {
        $file = Get-ReportPath
        $null = Get-BorgRepository (Expand-Vector 'fresh-empty') | Export-BorgReport -Destination $file
        [IO.File]::ReadAllText($file) | Should -Match 'There is no committed transaction yet'
        [IO.File]::ReadAllText($file) | Should -Match 'Nothing to show'
    }

    It 'replaces no file without -Force, is about one repository, and writes nothing with -WhatIf' {
        $path = New-TestRepository
        $file = Get-ReportPath
        Get-Plan 'Export-BorgReport $path $file -NoLock -WhatIf' @{ path = $path; file = $file } | Should -BeNullOrEmpty
        Test-Path -LiteralPath $file | Should -BeFalse
        Set-Content -LiteralPath $file -Value 'mine'
        Get-ShortId (Get-ErrorOf { Export-BorgReport $path $file }) | Should -Be 'FileExists'
        Get-Content -LiteralPath $file | Should -Be 'mine'
        (Export-BorgReport $path $file -Force).Length | Should -BeGreaterThan 1000
        Get-ShortId (Get-ErrorOf { Export-BorgReport $path, (New-TestRepository) $file -Force }) | Should -Be 'OneRepositoryNeeded'
        Get-ShortId (Get-ErrorOf { Export-BorgReport (New-TestFolder) $file -Force }) | Should -Be 'InvalidRepository'
    }

    It 'reads and changes nothing with -NoLock' {
        $path = Expand-Vector 'index-missing'
        $before = Get-TreeState $path
        $null = Export-BorgReport $path (Get-ReportPath) -NoLock -WarningAction SilentlyContinue
        Get-TreeState $path | Should -Be $before
    }

    It 'needs nothing but itself' {
        $file = Get-ReportPath
        $null = Export-BorgReport (Expand-Vector 'overwrites-deletes') $file
        $page = [IO.File]::ReadAllText($file)
        $page | Should -Not -Match '(?i)https?:|//[a-z]|\bsrc=|<link|<script|@import|url\(|javascript:|\bon[a-z]+='
        $page | Should -Match "default-src &#39;none&#39;"
    }

    It 'has colours that can be told from the paper, light and dark' {
        $file = Get-ReportPath
        $null = Export-BorgReport (New-TestRepository) $file
        $schemes = [regex]::Matches([IO.File]::ReadAllText($file), ':root\{([^}]*--ink[^}]*)\}')
        $schemes.Count | Should -Be 2
        foreach ($scheme in $schemes) {
            $colour = @{}
            [regex]::Matches($scheme.Groups[1].Value, '--(\w+):(#[0-9a-f]+)') | ForEach-Object { $colour[$_.Groups[1].Value] = $_.Groups[2].Value }
            foreach ($name in 'ink', 'bad', 'warn') {
                Get-Contrast $colour[$name] $colour.paper | Should -BeGreaterThan 4.5 -Because "$name is text"
            }
            foreach ($name in 'live', 'open', 'bad') {
                Get-Contrast $colour[$name] $colour.paper | Should -BeGreaterThan 3 -Because "$name is a mark"
            }
            Get-Contrast $colour.live $colour.dead | Should -BeGreaterThan 2 -Because 'both meet in one cell'
        }
    }
}

Describe 'The report in a browser' {
    BeforeAll {
        # As bad as a name can be: it must come out as text.
        $path = New-TestRepository -Name ($IsWindows ? "a &amp; 'b' [c]" : 'a <b>&amp;"''[c]<script>')
        $null = 1..40 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = [byte[]]::new($_ * $_ * 10) } } | Set-BorgObject -LiteralPath $path
        $null = 1..70 | ForEach-Object { Set-BorgObject -LiteralPath $path -Id ('{0:x64}' -f ($_ % 9)) -Value ([byte[]]::new($_)) }
        Edit-Segment $path 4 60
        $report = Get-ReportPath
        $null = Invoke-BorgRepoCheck -LiteralPath $path -WarningAction SilentlyContinue | Export-BorgReport -Destination $report -WarningAction SilentlyContinue
    }

    It 'says everything as text, without a mouse' {
        if (-not (Test-Browser)) { return }
        # What a person can read, which is also what a screen reader speaks.
        $harness = Join-Path (Split-Path $report) 'harness.html'
        Set-Content -LiteralPath $harness -Value @'
<!DOCTYPE html><meta charset="utf-8"><iframe id="f" src="report.html" width="390" height="800"></iframe><iframe id="g" src="report.html" width="1280" height="800"></iframe><pre id="out"></pre>
<script>
onload = () => {
  const result = {};
  for (const id of ['f', 'g']) {
    const frame = document.getElementById(id), doc = frame.contentDocument, view = frame.contentWindow;
    const outside = [...doc.querySelectorAll('body *')].filter(e => !e.closest('.wide') && e.getBoundingClientRect().right > doc.documentElement.clientWidth + 1).length;
    result[id] = {
      text: doc.body.innerText, title: doc.title, width: doc.documentElement.clientWidth, scroll: doc.documentElement.scrollWidth, outside,
      requests: view.performance.getEntriesByType('resource').length, scripts: doc.scripts.length,
      focusable: [...doc.querySelectorAll('[tabindex]')].map(e => e.getAttribute('aria-label')),
      smallest: Math.min(...[...doc.querySelectorAll('td,th,p,li')].map(e => parseFloat(view.getComputedStyle(e).fontSize))),
      headings: [...doc.querySelectorAll('h1,h2')].map(e => e.innerText),
    };
  }
  document.getElementById('out').textContent = JSON.stringify(result);
};
</script>
'@
        $dom = Invoke-Browser $harness '--virtual-time-budget=10000', '--dump-dom'
        $dom -match '(?s)<pre id="out">(\{.*\})</pre>' | Should -BeTrue
        $result = [Net.WebUtility]::HtmlDecode($Matches[1]) | ConvertFrom-Json -AsHashtable
        foreach ($view in $result.f, $result.g) {
            $view.title | Should -Be "Repository $path"
            $view.headings[0] | Should -Be "Repository $path"
            $view.headings | Should -Contain 'Findings'
            $view.scripts | Should -Be 0
            $view.requests | Should -Be 0 -Because 'the page is all there is'
            $view.scroll | Should -BeLessOrEqual $view.width -Because 'nobody should have to scroll sideways'
            $view.outside | Should -Be 0
            $view.smallest | Should -BeGreaterOrEqual 12
            $view.focusable | Should -Be 'Segments with most to give up'
            foreach ($text in 'Check: Damaged', 'Damaged: 4. Not committed: none.', 'below 8 KiB', 'ChecksumMismatch', 'Append-only') {
                $view.text.Contains($text) | Should -BeTrue -Because "'$text' has to be readable"
            }
        }
        $result.f.width | Should -BeLessThan 400
    }

    It 'is <Scheme> where the reader is, <Width> wide' -ForEach @(
        @{ Scheme = 'light'; Setting = 1; Width = 1280; Paper = 255, 255, 255 }
        @{ Scheme = 'dark'; Setting = 0; Width = 390; Paper = 0x14, 0x17, 0x1a }
    ) {
        if (-not (Test-Browser)) { return }
        $picture = Join-Path (Split-Path $report) "$Scheme.png"
        $null = Invoke-Browser $report "--blink-settings=preferredColorScheme=$Setting", "--window-size=$Width,2000", "--screenshot=$picture"
        Get-FirstPixel $picture | Should -Be $Paper
        (Get-Item -LiteralPath $picture).Length | Should -BeGreaterThan 20000 -Because 'there is something on the paper'
    }
}
